// Shortest paths from one station, with 64-bit lengths.
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

int main()
{
    std::size_t stations, tracks, start;
    if (!(std::cin >> stations >> tracks >> start))
        return 2;
    using Edge = std::pair<std::size_t, std::int64_t>;
    std::vector<std::vector<Edge>> from(stations + 1);
    for (std::size_t i = 0; i < tracks; ++i) {
        std::size_t a, b;
        std::int64_t length;
        std::cin >> a >> b >> length;
        from[a].emplace_back(b, length);
    }
    constexpr auto unreached = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> best(stations + 1, unreached);
    using Visit = std::pair<std::int64_t, std::size_t>;
    std::priority_queue<Visit, std::vector<Visit>, std::greater<Visit>> open;
    best[start] = 0;
    open.emplace(0, start);
    while (!open.empty()) {
        auto [length, here] = open.top();
        open.pop();
        if (length > best[here])
            continue;
        for (auto [there, step] : from[here]) {
            if (best[there] == unreached) {
                best[there] = length + step;
                open.emplace(best[there], there);
            }
        }
    }
    for (std::size_t station = 1; station <= stations; ++station) {
        if (best[station] == unreached)
            std::cout << "-1\n";
        else
            std::cout << best[station] << '\n';
    }
}

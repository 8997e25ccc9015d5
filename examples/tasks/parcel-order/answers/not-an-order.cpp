// Order parcels by weight class, keeping the order of arrival inside a class.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

struct Parcel {
    std::string name;
    long grams;
};

static int weight_class(long grams)
{
    if (grams <= 500)
        return 0;
    return grams <= 2000 ? 1 : 2;
}

int main()
{
    std::vector<Parcel> parcels;
    for (Parcel parcel; std::cin >> parcel.name >> parcel.grams;)
        parcels.push_back(parcel);
    std::stable_sort(parcels.begin(), parcels.end(), [](const Parcel &a, const Parcel &b) {
        return weight_class(a.grams) <= weight_class(b.grams);
    });
    for (const auto &parcel : parcels)
        std::cout << parcel.name << '\n';
}

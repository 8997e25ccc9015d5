// A vector with room for N elements inside itself.
#include <cstddef>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

template <class T, std::size_t N>
class InlineVector {
    static_assert(N > 0, "a capacity of zero is a mistake");

public:
    InlineVector() = default;
    InlineVector(const InlineVector &other)
    {
        for (std::size_t i = 0; i < other.count_; ++i)
            push_back(other[i]);
    }
    InlineVector &operator=(const InlineVector &) = delete;
    ~InlineVector() { clear(); }

    template <class... Args>
    T &emplace_back(Args &&...args)
    {
        if (count_ == N)
            throw std::length_error("InlineVector is full");
        T *made = ::new (slot(count_)) T(std::forward<Args>(args)...);
        ++count_;
        return *made;
    }
    void push_back(const T &value) { emplace_back(value); }
    void clear() noexcept
    {
        while (count_ > 0)
            (*this)[--count_].~T();
    }
    T &operator[](std::size_t i) { return *std::launder(static_cast<T *>(slot(i))); }
    const T &operator[](std::size_t i) const { return const_cast<InlineVector &>(*this)[i]; }
    std::size_t size() const noexcept { return count_; }

private:
    void *slot(size_type i) { return bytes_ + i * sizeof(T); }

    alignas(T) std::byte bytes_[N * sizeof(T)];
    std::size_t count_ = 0;
};

template class InlineVector<int, 4>;
static_assert(!std::is_copy_assignable_v<InlineVector<int, 4>>);

int main()
{
    InlineVector<long, 2> numbers;
    numbers.push_back(1);
    InlineVector<long, 2> copy(numbers);
    return static_cast<int>(copy.size()) - 1;
}

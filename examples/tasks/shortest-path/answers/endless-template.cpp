template <int Depth, class... Types>
struct Grow {
    using type = typename Grow<Depth - 1, Types..., Types..., Types..., Types..., Types..., Types...,
                               Types..., Types...>::type;
};

template <class... Types>
struct Grow<0, Types...> {
    using type = int;
};

int main()
{
    return Grow<60, int, char>::type();
}

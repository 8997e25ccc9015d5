// Templates that need more of themselves than there are atoms.
template <int N, int M> struct Tree { typedef typename Tree<N - 1, 2 * M>::type left; typedef typename Tree<N - 1, 2 * M + 1>::type right; typedef left type; };
template <int M> struct Tree<0, M> { typedef int type; };
int main() { return sizeof(Tree<30, 1>::type); }

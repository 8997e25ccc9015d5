// Multiply two matrices, row by row so that memory is read in order.
#include <iomanip>
#include <iostream>
#include <vector>

using Matrix = std::vector<std::vector<double>>;

static Matrix read(std::size_t rows, std::size_t columns)
{
    Matrix matrix(rows, std::vector<double>(columns));
    for (auto &row : matrix)
        for (auto &cell : row)
            std::cin >> cell;
    return matrix;
}

int main()
{
    std::size_t rows, inner, columns;
    std::cin >> rows >> inner >> columns;
    Matrix left = read(rows, inner), right = read(inner, columns);
    Matrix product(rows, std::vector<double>(columns, 0.0));
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t k = 0; k < inner; ++k)
            for (std::size_t j = 0; j < columns; ++j)
                product[i][j] += left[i][k] * right[k][j];
    for (const auto &row : product) {
        for (std::size_t j = 0; j < columns; ++j)
            std::cout << (j ? " " : "") << row[j];
        std::cout << '\n';
    }
}

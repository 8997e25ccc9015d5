main() {
  if (x == 1) {
    echo yes
  }
}

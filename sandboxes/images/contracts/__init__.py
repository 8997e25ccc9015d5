"""What the image of Solidity and Vyper holds besides its packages."""

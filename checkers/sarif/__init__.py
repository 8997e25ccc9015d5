"""SARIF 2.1.0 (OASIS standard, 2020): reading logs of others and writing our own."""

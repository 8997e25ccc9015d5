"""Signs of fraud in who did what and when. Flags carry evidence; none of them rejects anything."""

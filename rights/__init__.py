"""What a person may ask of us: what they agreed to, and a copy of all that is theirs (PIPL art. 15, 44 and 45)."""

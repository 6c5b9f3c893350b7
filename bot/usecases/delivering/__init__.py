"""What carries effects out: one file per kind of outside thing, each settling what it did."""

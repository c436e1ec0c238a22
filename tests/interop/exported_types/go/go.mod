module psion-types-round-trip

go 1.24

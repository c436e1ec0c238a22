"""The conformance pack: what a checker of this contract must say, as data, and how it is run.

`pack` reads the cases and the digest vectors, `runner` puts them to an implementation: ours (`answer`) or
one in any language, in a process of its own (`process`). The data is made from `sources` by `build`.
"""

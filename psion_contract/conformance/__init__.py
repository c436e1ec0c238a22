"""Runs the conformance pack, which specifies what a checker of the contract must report.

`pack` loads the cases and the digest vectors. `runner` runs them against an implementation: this one (`answering`), or
one in any language, in its own process (`command`), that implements the line protocol (`protocol`).
"""

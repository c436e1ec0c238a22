"""The rules as data: a module for each part of docs/rules.md."""

"""Northlight, a shop with customers, orders, choices and requests, all invented: filled in bulk, and only once."""

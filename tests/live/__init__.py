"""Tests of the live gateway, most of them against a real server process."""

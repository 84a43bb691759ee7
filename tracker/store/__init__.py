"""The store: the only folder that knows SQLAlchemy. It keeps and finds; it decides nothing about pay.

May import: engine, errors, clock, config. Every function takes an open `Connection` first and never
commits: the transaction belongs to the caller (`Database.read` and `Database.write`). Money is
BigInteger minor units, never Numeric.
"""

"""A complete company to try the product with: invented people, twelve months of deals, a live feed.

May import everything: it uses the product as a customer and its CRM would.
"""

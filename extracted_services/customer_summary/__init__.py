"""Who is this customer to the shop?"""

"""What about this order?"""

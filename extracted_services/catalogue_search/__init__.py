"""Which gifts match?"""

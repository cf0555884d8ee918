"""Has the customer been told that the order arrived?"""

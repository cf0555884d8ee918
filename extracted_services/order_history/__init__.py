"""What has this customer ordered?"""

"""How long do the staff's questions take over ten million events?"""

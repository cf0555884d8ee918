"""What services that copy streams share: how a copy keeps up, where it is kept, how it answers."""

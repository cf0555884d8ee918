"""Every declared path climbs to service on the real trade, and is compared while trade goes on."""

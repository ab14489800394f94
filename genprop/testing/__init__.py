"""For authors of backends: small networks, difference quotients and a contract to hold."""

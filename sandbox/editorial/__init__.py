"""What `POST /compose` knows: the checks of a draft and the guidance for writing one."""

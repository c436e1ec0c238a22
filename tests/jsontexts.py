from support.json_texts import *  # noqa: F403

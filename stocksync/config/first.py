"""The config that `stocksync init` writes: a shop, a till, and a word on every line."""

_TEMPLATE = """\
# One business. Check it after every change: stocksync check
# Every key is explained in docs/reference/config.md, more files are in config/examples/.

merchant: {merchant}          # begins every key we store: keep it
timezone: {timezone}
language: {language}          # he | en
decimals: 0                   # 3 if you sell by weight, down to the gram
# public_url: https://sync.example   # where the shop and the till reach this machine

# Where units are. Your own shelves are counted; a supplier's are a promise.
locations:
  shelf: {{kind: own, name: "Our shelf"}}
  # importer: {{kind: supplier, ships_in: 5-9, trust: 80%}}

# Where units are sold. Secrets are never written here, only where they are found:
# {{env: NAME}} or {{file: /run/secrets/name}}.
channels:
  web:
    kind: woocommerce
    url: {url}
    # Its REST key pair, from WooCommerce > Settings > Advanced > REST API, "Read/Write".
    key: {{env: WOO_KEY}}
    secret: {{env: WOO_SECRET}}
    webhook_secret: {{env: WOO_WEBHOOK_SECRET}}   # what you typed into the webhook's "Secret"
    location: shelf             # where its sales come from and its returns go
    # buffer: 2                 # have 10, show 8
    # push: shadow              # decide and show here, and write nothing to the shop yet

  till:
    kind: till
    webhook_secret: {{env: TILL_SECRET}}          # whsec_ and 24 to 64 random bytes in base64
    location: shelf

# What is sold as one thing and stands on the shelf as several.
# bundles:
#   GIFT-SET: {{MUG-RED: 2, BOX: 1}}

# What channels may show of some SKUs; the most specific rule wins.
# rules:
#   - {{sku: "LTD-*", channel: web, max: 3}}
"""


def first_config(
    merchant: str = "my-shop",
    *,
    timezone: str = "UTC",
    language: str = "en",
    url: str = "https://shop.example",
) -> str:
    """Return a first config with comments. It is sound once its variables are set."""
    return _TEMPLATE.format(
        merchant=_quoted(merchant), timezone=_quoted(timezone), language=language, url=_quoted(url)
    )


def _quoted(text: str) -> str:
    """Return text for YAML that stays this text, whatever it looks like."""
    return "'" + text.replace("'", "''") + "'"

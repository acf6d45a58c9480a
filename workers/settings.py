"""Settings of the installation, read once at the rim by `Settings.load()`."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.members import NotifyBy

ENV_PREFIX = "FLUXAGENTS_"

SENTINEL_SCHEME = "redis+sentinel://"
REDIS_SCHEMES = ("redis://", "rediss://", SENTINEL_SCHEME)

SHORTEST_KEY = 32
"""Characters of a key that signs messages."""

RELAY_PERIODS = 5
"""Of reconciling, between two times that spans are sent."""

HEX_KEY = r"^[0-9a-f]{64}$"
"""An Ed25519 key, private or public."""

PublicKey = Annotated[str, Field(pattern=HEX_KEY)]
Port = Annotated[int, Field(ge=1, le=65_535)]
ChatName = Annotated[str, Field(pattern=r"^(offline|(openai|anthropic):.+)$")]


def user_data_dir() -> Path:
    """Where this platform keeps a user's data (XDG on Linux)."""
    if platform.system() == "Darwin":
        return Path.home() / "Library" / "Application Support" / "fluxagents"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "fluxagents"


def available_cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        return os.cpu_count() or 1


class Settings(BaseSettings):
    """Everything that differs between installations; each field is a variable `FLUXAGENTS_<FIELD>`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    redis_url: SecretStr | None = None
    """`redis://[:password@]host:port/db`, or `redis+sentinel://[:password@]host:port,host:port/primary/db`;
    none means the embedded Redis of `fluxagents up`."""
    redis_replicas: NonNegativeInt | None = None
    """Replicas that must have a step before it counts as recorded; none means 1 behind Sentinel, else 0."""
    embedded_port: Port | None = None
    """Loopback port of the embedded Redis; none means a free one."""
    redis_timeout_s: Annotated[float, Field(gt=1)] = 30.0
    """The longest silence of Redis in a reply before a worker connects anew; kombu polls for one second."""
    key_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]+:$")] = "flux:"
    data_dir: Path = Field(default_factory=user_data_dir)
    store_url: str = ""
    """fsspec URL of models and artifacts; empty means the folder `store` of the data folder."""
    model_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Web servers that models may come from though their addresses are private, separated by commas."""
    webhook_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts that messages of webhooks may go to though their addresses are private, separated by commas."""
    media_dir: Path | None = None
    """Folder with your own media, `NAME.tsv` each; none means the folder `media` of the data folder."""
    flows_dir: Path | None = None
    """Folder with your own flows, a YAML file each; none means the folder `flows` of the data folder."""

    message_key: Annotated[SecretStr, Field(min_length=SHORTEST_KEY)] | None = None
    """Signs messages; none means the file `message.key` of the data folder, without which none is signed."""
    message_key_second: Annotated[SecretStr, Field(min_length=SHORTEST_KEY)] | None = None
    """Accepted as well, for the time in which keys are changed."""
    export_key: SecretStr | None = None
    """Signs exported runs; none means the file `export.key` of the data folder, made when it is needed."""
    api_key: SecretStr | None = None
    """Acts as the person or service that it belongs to; none means the user of this machine."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$")] = ""
    """How browsers reach the API, without a path; needed for signing in."""
    oidc_issuer: str = ""
    """The OpenID provider by which people sign in, exactly as it calls itself; none means by key alone."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    session_key: Annotated[SecretStr, Field(min_length=SHORTEST_KEY)] | None = None
    """Signs the sessions of browsers; none means the file `session.key` of the data folder."""
    smtp_url: SecretStr | None = None
    """The server that sends mail, `smtps://user:password@host`; none means that no mail is sent."""
    mail_address: Annotated[str, Field(pattern=r"^([^\s@<>+]+@[^\s@<>]+)?$")] = ""
    """The installation's own address, which mail comes from; replies go to it with `+…` before the `@`."""
    imap_url: SecretStr | None = None
    """The mailbox of that address, `imaps://user:password@host/INBOX`; none means that no mail is read."""
    imap_every_s: PositiveFloat = 20.0
    """How often it is looked into."""
    lmtp_port: Port | None = None
    """Port on which a mail server hands mail over by LMTP, on this machine; none for no port."""
    mail_verifier: str = ""
    """The name by which the receiving server signs its header `Authentication-Results`; without it no mail
    that comes in is taken for anybody's."""
    slack_bot_token: SecretStr | None = None
    """`xoxb-…`, with which messages are posted in Slack; none means that Slack is not used."""
    slack_app_token: SecretStr | None = None
    """`xapp-…`, for Socket Mode: nothing of this installation must be reachable from outside then."""
    slack_signing_secret: SecretStr | None = None
    """Shows that a request to `/slack` of the API comes from Slack; none means that it takes none."""
    slack_channel: Annotated[str, Field(pattern=r"^([CG][A-Z0-9]{2,20})?$")] = ""
    """The id of a channel in Slack that is told of every request; none."""
    slack_url: Annotated[
        str, Field(pattern=r"^(https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?)/$")
    ] = "https://slack.com/api/"
    """Where Slack's Web API is; without encryption only on this machine."""
    channel_model: str = "e_coli_core"
    """The model of questions by mail or in Slack that name none."""
    trusted_keys: Annotated[tuple[PublicKey, ...], NoDecode] = ()
    """Public keys of other installations, separated by commas: what they exported counts as verified here."""

    task_modules: Annotated[tuple[str, ...], NoDecode] = ("fluxagents.tasks.steps",)
    """Modules that workers import, separated by commas; yours may register further tools."""

    chat_model: ChatName = "offline"
    """`offline` (the built-in planner), `anthropic:<model>`, or `openai:<model>` on any such endpoint."""
    chat_base_url: str | None = None
    chat_api_key: SecretStr | None = None
    chat_temperature: Literal["prompt", "off"] = "prompt"
    """`off` for chat models that take no temperature; else the one of each prompt is sent."""
    chat_tool_choice: Literal["auto", "required"] = "auto"
    """`required`: the endpoint lets the chat model answer with a call only, where it can."""
    chat_requests_per_minute: PositiveInt | None = None
    """Over all workers, as for tokens; none for any number."""
    chat_tokens_per_minute: PositiveInt | None = None

    chat_fallback_model: ChatName | None = None
    """Asked when the first chat model is out after its retries; none for nobody. As all that follows."""
    chat_fallback_base_url: str | None = None
    chat_fallback_api_key: SecretStr | None = None
    chat_fallback_temperature: Literal["prompt", "off"] = "prompt"
    chat_fallback_tool_choice: Literal["auto", "required"] = "auto"
    chat_fallback_requests_per_minute: PositiveInt | None = None
    chat_fallback_tokens_per_minute: PositiveInt | None = None

    chat_cache_days: NonNegativeFloat = 0.0
    """How long an answer is given again to a request that is the same to the byte; 0 for never."""
    chat_prices: Path | None = None
    """File with prices of chat models (TOML, YAML or JSON); without it costs are unknown."""
    chat_timeout_s: PositiveFloat = 60.0
    chat_request_tokens: PositiveInt | None = None
    """Budget of a request; none means 24,000, or what is left of a smaller window if the model's is known."""

    context_summary: bool = False
    """Whether the chat model summarises findings that do not fit; the built-in planner never does."""

    concurrency_tools: PositiveInt = Field(default_factory=available_cores)
    concurrency_decide: PositiveInt = 8
    soft_time_limit_s: PositiveFloat = 600.0
    hard_time_limit_s: PositiveFloat = 660.0
    visibility_timeout_s: PositiveInt = 14_400
    """Above every hard time limit and the same everywhere, or Redis hands out running tasks again."""
    soft_shutdown_timeout_s: PositiveFloat = 10.0

    reconcile_every_s: PositiveFloat = 2.0
    heartbeat_every_s: PositiveFloat = 2.0
    node_ttl_s: PositiveFloat = 10.0

    archive_after_days: NonNegativeFloat = 30.0
    """Runs whose last event is older move from Redis to the archive; 0 for never."""
    archive_most: NonNegativeInt = 50_000
    """Ended runs that stay in Redis, about 10 KB each; the oldest move. 0 for no bound."""
    archive_every_s: PositiveFloat = 60.0
    audit_most: NonNegativeInt = 20_000
    """Entries of the audit log that stay in Redis, about 0.6 KB each; older ones move to the archive."""

    flower_port: Port = 5555
    flower_password: SecretStr | None = None
    """Of the user `fluxagents`; none means one of its own, kept in the data folder."""
    flower_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names by which Flower may be called beside those of loopback, separated by commas."""
    api_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Where `HttpClient` finds the API of an installation."""
    api_port: Port = 8100
    api_requests_per_minute: PositiveInt | None = 6_000
    """Of each key; none for any number."""
    api_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Web pages of other servers that may use the API in a browser (CORS), separated by commas; none."""
    health_port: Port | None = None
    """Port on which a worker or beat says whether it is well, one process each; none for no port."""
    health_host: str = "127.0.0.1"
    """Where that port is reached; `0.0.0.0` for probes from outside a container."""
    trace_url: Annotated[str, Field(pattern=r"^(https?://[^\s@]+)?$")] = ""
    """Where traces go by OTLP over HTTP, `http://collector:4318/v1/traces`; none means that none are made."""
    trace_headers: SecretStr = SecretStr("")
    """Headers of what is sent there, `name=value`, separated by commas, such as an API key."""
    trace_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Of the runs that are traced; one that joins a trace from outside goes by what that says."""
    trace_content: bool = False
    """Whether traces hold what chat models and tools were asked and answered, not only how long it took."""
    log_format: Literal["auto", "json", "pretty"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_lines: NonNegativeInt = 20_000
    """Lines about runs, of all nodes, that Redis keeps for `fluxagents logs`, 0.5 KB each; 0 for none."""

    @classmethod
    def load(cls) -> Self:
        """The settings of this process, from its environment.

        Raises:
            FluxError: A variable has a bad value; names the variable, the value and what to do.
        """
        try:
            return cls()
        except ValidationError as error:
            raise _explain(error) from None

    @field_validator("redis_url")
    @classmethod
    def _check_scheme(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(REDIS_SCHEMES):
            raise ValueError(f"must start with {', '.join(REDIS_SCHEMES[:-1])} or {REDIS_SCHEMES[-1]}")
        return url

    @field_validator("export_key")
    @classmethod
    def _check_export_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and re.fullmatch(HEX_KEY, key.get_secret_value()) is None:
            raise ValueError("must be 64 hex digits")
        return key

    @field_validator(
        "task_modules",
        "flower_hosts",
        "model_hosts",
        "webhook_hosts",
        "trusted_keys",
        "api_origins",
        mode="before",
    )
    @classmethod
    def _split(cls, names: object) -> object:
        if not isinstance(names, str):
            return names
        return [name.strip() for name in names.split(",") if name.strip()]

    @field_validator("data_dir", "chat_prices")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @field_validator("data_dir")
    @classmethod
    def _is_below_folders(cls, folder: Path) -> Path:
        for path in (folder, *folder.parents):
            if path.is_file():
                raise ValueError(f"{path} is a file, no folder")
        return folder

    @field_validator("media_dir", "flows_dir")
    @classmethod
    def _is_folder(cls, folder: Path | None) -> Path | None:
        if folder is None:
            return None
        if not folder.expanduser().is_dir():
            raise ValueError("there is no such folder")
        return folder.expanduser().absolute()

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.soft_time_limit_s >= self.hard_time_limit_s:
            raise ValueError("soft_time_limit_s must be below hard_time_limit_s")
        if self.hard_time_limit_s >= self.visibility_timeout_s:
            raise ValueError("hard_time_limit_s must be below visibility_timeout_s")
        if self.oidc_issuer and not (self.public_url and self.oidc_client_id):
            raise ValueError("oidc_issuer needs public_url and oidc_client_id")
        if self.smtp_url and not self.mail_address:
            raise ValueError("smtp_url needs mail_address")
        if (self.imap_url or self.lmtp_port) and not (self.smtp_url and self.mail_verifier):
            raise ValueError("imap_url or lmtp_port needs smtp_url and mail_verifier")
        if (self.slack_app_token or self.slack_signing_secret) and not self.slack_bot_token:
            raise ValueError("slack_app_token or slack_signing_secret needs slack_bot_token")
        if self.heartbeat_every_s * 2 > self.node_ttl_s:
            raise ValueError("node_ttl_s must be at least twice heartbeat_every_s")
        return self

    @property
    def min_replicas(self) -> int:
        """How many replicas must have a step before it counts as recorded."""
        if self.redis_replicas is not None:
            return self.redis_replicas
        url = self.redis_url.get_secret_value() if self.redis_url else ""
        return int(url.startswith(SENTINEL_SCHEME))

    @property
    def artifact_url(self) -> str:
        """Fsspec URL under which models and artifacts lie."""
        return self.store_url or str(self.data_dir / "store")

    @property
    def media_folder(self) -> Path:
        """Where the user's media lie; need not be there."""
        return self.media_dir or self.data_dir / "media"

    @property
    def flows_folder(self) -> Path:
        """Where the user's flows lie; need not be there."""
        return self.flows_dir or self.data_dir / "flows"

    @property
    def evaluations_folder(self) -> Path:
        """Where evaluation cases of the user's own lie; need not be there."""
        return self.data_dir / "evaluations"

    @property
    def biochem_file(self) -> Path:
        """Compounds and reactions that were imported; on this machine."""
        return self.data_dir / "biochem.sqlite"

    @property
    def message_key_file(self) -> Path:
        """The key that signs messages, and the one before it; need not be there."""
        return self.data_dir / "message.key"

    @property
    def export_key_file(self) -> Path:
        """The key that signs exported runs; need not be there yet."""
        return self.data_dir / "export.key"

    @property
    def session_key_file(self) -> Path:
        """The key that signs the sessions of browsers; need not be there yet."""
        return self.data_dir / "session.key"

    @property
    def archives(self) -> bool:
        """Whether anything ever leaves Redis by itself."""
        return bool(self.archive_after_days or self.archive_most or self.audit_most)

    @property
    def channels(self) -> tuple[NotifyBy, ...]:
        """The channels to humans that are set up beside the inbox."""
        is_set_up: dict[NotifyBy, bool] = {
            "email": self.smtp_url is not None,
            "slack": self.slack_bot_token is not None,
        }
        return tuple(channel for channel, is_used in is_set_up.items() if is_used)

    @property
    def reads_mail(self) -> bool:
        """Whether mail to the installation is read."""
        return self.imap_url is not None or self.lmtp_port is not None

    @property
    def listens(self) -> bool:
        """Whether a process of its own listens to mail or to Slack."""
        return self.reads_mail or self.slack_app_token is not None

    @property
    def traced_share(self) -> float:
        """Of the runs that are traced; 0 where traces go nowhere."""
        return self.trace_share if self.trace_url else 0.0

    @property
    def trace_every_s(self) -> float:
        """How often spans are sent: a request has its price whatever it holds, and nobody waits."""
        return self.reconcile_every_s * RELAY_PERIODS

    @property
    def trace_header_fields(self) -> dict[str, str]:
        """The headers of what is sent to where traces are kept."""
        fields = (part.partition("=") for part in self.trace_headers.get_secret_value().split(","))
        return {name.strip(): value.strip() for name, is_field, value in fields if is_field}

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def redis_dir(self) -> Path:
        """Data folder of the embedded Redis."""
        return self.data_dir / "redis"

    @property
    def flower_password_file(self) -> Path:
        """Where the password of Flower lies unless the settings hold it."""
        return self.data_dir / "flower.password"

    @property
    def run_file(self) -> Path:
        """What `fluxagents up` wrote down about the services that it started."""
        return self.data_dir / "run.json"


SECRETS = frozenset(
    {
        "redis_url",
        "message_key",
        "message_key_second",
        "export_key",
        "api_key",
        "oidc_client_secret",
        "session_key",
        "chat_api_key",
        "chat_fallback_api_key",
        "flower_password",
        "smtp_url",
        "imap_url",
        "slack_bot_token",
        "slack_app_token",
        "slack_signing_secret",
        "trace_headers",
    }
)


def _explain(error: ValidationError) -> FluxError:
    first = error.errors(include_url=False, include_context=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        names = [name for name in Settings.model_fields if name in reason]
        variables = " and ".join(f"{ENV_PREFIX}{name.upper()}" for name in names)
        return FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"settings contradict each other: {reason}",
            suggestions=[f"set {variables}"],
        )
    field = str(first["loc"][0])
    variable = f"{ENV_PREFIX}{field.upper()}"
    value = "(secret)" if field in SECRETS else repr(os.environ.get(variable))
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{variable}={value} is not usable: {reason}",
        suggestions=[f"set {variable} to a value that fits, or unset it for the default"],
    )

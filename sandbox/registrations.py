"""What is registered: clients at Maskinporten, systems and system users at Altinn."""

import uuid
from dataclasses import dataclass, field

from .altinn_state import PACKAGES

SICK_NOTE_RESOURCE = "nav_sykepenger_sykmelding"


@dataclass
class Client:
    """A Maskinporten client. `keys` maps a kid to the public JWK and when it expires."""

    client_id: str
    owner_orgnr: str
    scopes: list[str]
    keys: dict[str, dict] = field(default_factory=dict)


@dataclass
class System:
    """A system in Altinn's system register, and the clients that may act for it.

    :param name, description: texts by language (nb, nn, en)
    :param resources, packages: the resource ids and package urns that it may ask for
    """

    system_id: str
    owner_orgnr: str
    client_ids: list[str] = field(default_factory=list)
    name: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    redirect_urls: list[str] = field(default_factory=list)
    visible: bool = False
    deleted: bool = False
    internal_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class SystemUser:
    """An approved system user of an organisation.

    :param units: `"all"` for the organisation and all below it, or a list of sub-units
    :param external_ref: the vendor's reference, None when it is the organisation number
    :param created: seconds since the epoch
    :param approved_at: when it was approved on Altinn's page, None for one made otherwise; the
        delay for Maskinporten counts from here
    :param since: when a resource was given on Altinn's page; the delay for NAV counts from here
    """

    id: str
    system_id: str
    orgnr: str
    external_ref: str | None = None
    units: str | list[str] = "all"
    resources: list[str] = field(default_factory=lambda: [SICK_NOTE_RESOURCE])
    revoked: bool = False
    packages: list[str] = field(default_factory=list)
    title: str = ""
    created: float = 0.0
    approved_at: float | None = None
    since: dict[str, float] = field(default_factory=dict)

    def give(self, resources, packages, moment: float):
        """Add rights on Altinn's page, from which they begin to work with a delay."""
        for resource in resources:
            if resource not in self.resources:
                self.resources.append(resource)
                self.since[resource] = moment
        for package in packages:
            if package not in self.packages:
                self.packages.append(package)
                self.since[package] = moment

    def take(self, resources, packages):
        """Take rights away, at once."""
        self.resources = [item for item in self.resources if item not in resources]
        self.packages = [item for item in self.packages if item not in packages]

    def may_use(self, resource: str, moment: float, delay: float) -> bool:
        """Tell whether it has a resource, itself or by a package, and the delay is over."""
        sources = [resource] if resource in self.resources else []
        sources += [item for item in self.packages if resource in PACKAGES[item].resources]
        return any(moment >= self.since.get(item, float("-inf")) + delay for item in sources)

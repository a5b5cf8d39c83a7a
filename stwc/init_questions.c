/*
 * The questions that a new operator is asked, as data. The order of the rows of a structure is
 * that of the questions; what a field is for, which values it has and whether it must be given
 * stands in schemas/ and is not said again here. What must be given and has no row is asked behind
 * these, and whatever is not asked at all can be given with --set.
 */
#include "stwc/init.h"

/* clang-format off */
static const struct init_row rows[] = {
	{"Bootstrap", "serverHostname", "hostname", "Host name of this server, such as mail.example.org", NULL, NULL, false},
	{"Bootstrap", "defaultDomain", "domain", "Domain that it has mail for", ".", NULL, false},
	{"Bootstrap", "requestTlsCertificate", "acme", "Get a certificate from Let's Encrypt by itself", NULL, NULL, false},
	{"Bootstrap", "generateDkimKeys", "dkim", "Make DKIM keys, RSA and Ed25519, to sign mail with", NULL, NULL, false},
	{"Bootstrap", "dataStore", "data", "Where mail, settings and indexes are kept", NULL, NULL, false},
	{"Bootstrap", "blobStore", "blob", "Where the content of messages is kept; Default: with the data", NULL, NULL, false},
	{"Bootstrap", "searchStore", "search", "Where the full-text index is kept; Default: with the data", NULL, NULL, false},
	{"Bootstrap", "inMemoryStore", "in-memory", "Where counters and locks are kept; Default: with the data", NULL, NULL, false},
	{"Bootstrap", "directory", "directory", "Where accounts come from", NULL, NULL, false},
	{"Bootstrap", "tracer", "tracer", "Where log messages go; Stdout: to whoever starts the server", "Stdout", NULL, false},
	{"Bootstrap", "dnsServer", "dns", "Who keeps the DNS records; Manual: the operator does", NULL, NULL, false},

	{"Certificate", "certificate", "certificate", "File with the certificate chain in PEM; none: a self-signed one for now", "none", NULL, true},
	{"Certificate", "privateKey", "key", "File with its private key in PEM", NULL, "certificate", true},

	{"ShardedBlobStore", "stores", NULL, "Member store", NULL, NULL, false},
	{"ShardedInMemoryStore", "stores", NULL, "Member store", NULL, NULL, false},
	{"PostgreSqlStore", "host", NULL, NULL, "localhost", NULL, false},
	{"PostgreSqlStore", "port", NULL, NULL, NULL, NULL, false},
	{"PostgreSqlStore", "database", NULL, NULL, NULL, NULL, false},
	{"PostgreSqlStore", "authUsername", NULL, NULL, NULL, NULL, false},
	{"PostgreSqlStore", "authSecret", NULL, "Where the password of that user is", "none", NULL, false},
	{"PostgreSqlStore", "useTls", NULL, "Protect the connection with TLS", NULL, NULL, false},
	{"MySqlStore", "host", NULL, NULL, "localhost", NULL, false},
	{"MySqlStore", "port", NULL, NULL, NULL, NULL, false},
	{"MySqlStore", "database", NULL, NULL, NULL, NULL, false},
	{"MySqlStore", "authUsername", NULL, NULL, NULL, NULL, false},
	{"MySqlStore", "authSecret", NULL, "Where the password of that user is", "none", NULL, false},
	{"MySqlStore", "useTls", NULL, "Protect the connection with TLS", NULL, NULL, false},
	{"SqliteStore", "path", NULL, NULL, "/var/lib/stalwart/data.sqlite3", NULL, false},
	{"RocksDbStore", "path", NULL, NULL, "/var/lib/stalwart/", NULL, false},
	{"FoundationDbStore", "clusterFile", NULL, NULL, NULL, NULL, false},
	{"FileSystemStore", "path", NULL, NULL, "/var/lib/stalwart/blobs", NULL, false},
	{"S3Store", "bucket", NULL, NULL, NULL, NULL, false},
	{"S3Store", "region", NULL, NULL, "UsEast1", NULL, false},
	{"S3Store", "accessKey", NULL, NULL, "none", NULL, false},
	{"S3Store", "secretKey", NULL, NULL, "none", NULL, false},
	{"AzureStore", "storageAccount", NULL, NULL, NULL, NULL, false},
	{"AzureStore", "container", NULL, NULL, NULL, NULL, false},
	{"AzureStore", "accessKey", NULL, NULL, "none", NULL, false},
	{"AzureStore", "sasToken", NULL, NULL, "none", NULL, false},
	{"ElasticSearchStore", "url", NULL, NULL, "http://localhost:9200", NULL, false},
	{"MeilisearchStore", "url", NULL, NULL, "http://localhost:7700", NULL, false},
	{"RedisStore", "url", NULL, NULL, NULL, NULL, false},
	{"RedisClusterStore", "urls", NULL, NULL, NULL, NULL, false},
	{"RedisClusterStore", "authUsername", NULL, NULL, NULL, NULL, false},
	{"RedisClusterStore", "authSecret", NULL, NULL, "none", NULL, false},
	{"RedisSentinelStore", "urls", NULL, NULL, NULL, NULL, false},
	{"RedisSentinelStore", "serviceName", NULL, NULL, NULL, NULL, false},
	{"RedisSentinelStore", "authUsername", NULL, NULL, NULL, NULL, false},
	{"RedisSentinelStore", "authSecret", NULL, NULL, "none", NULL, false},

	{"LdapDirectory", "description", NULL, NULL, "LDAP", NULL, false},
	{"LdapDirectory", "url", NULL, NULL, NULL, NULL, false},
	{"LdapDirectory", "useTls", NULL, "Protect the connection with STARTTLS", NULL, NULL, false},
	{"LdapDirectory", "baseDn", NULL, NULL, NULL, NULL, false},
	{"LdapDirectory", "bindDn", NULL, NULL, NULL, NULL, false},
	{"LdapDirectory", "bindSecret", NULL, "Where the password of that name is", NULL, "bindDn", false},
	{"SqlDirectory", "description", NULL, NULL, "SQL", NULL, false},
	{"SqlDirectory", "store", NULL, NULL, "Default", NULL, false},
	{"SqlDirectory", "queryLogin", NULL, NULL, "$1", NULL, false},
	{"SqlDirectory", "queryRecipient", NULL, NULL, "$1", NULL, false},
	{"SqlDirectory", "queryMemberOf", NULL, NULL, "$1", NULL, false},
	{"SqlDirectory", "queryEmailAliases", NULL, NULL, "$1", NULL, false},
	{"OidcDirectory", "description", NULL, NULL, "OpenID Connect", NULL, false},
	{"OidcDirectory", "issuerUrl", NULL, NULL, NULL, NULL, false},
	{"OidcDirectory", "requireAudience", NULL, NULL, NULL, NULL, false},

	{"DnsServerHurricane", "credentials", NULL, "Zone", NULL, NULL, false},
	{"HurricaneCredential", "zone", NULL, NULL, NULL, NULL, false},
	{"HurricaneCredential", "secret", NULL, NULL, NULL, NULL, false},

	{"TracerLog", "path", NULL, NULL, "/var/log/stalwart/", NULL, false},
	{"TracerLog", "level", NULL, NULL, NULL, NULL, false},
	{"TracerStdout", "level", NULL, NULL, NULL, NULL, false},
};

/* What a new operator wants to know of a question, where the reference says what a server makes of
 * the answer. */
static const struct help {
	const char *path, *text;
} helps[] = {
	{"serverHostname", "The name under which the whole world reaches this server. It stands in greetings, in headers and in certificates, other servers look it up, and the MX record of the domain will lead to it. Not the name that a container gives itself."},
	{"defaultDomain", "What stands behind the @ of the addresses. The host name usually lies in it. More domains can be added to the file later."},
	{"requestTlsCertificate", "A server then asks Let's Encrypt for a certificate of the host name, and renews it in time. Answer no where you have one of your own: its file is asked for at the end. Until there is one, the server makes one itself, which clients warn of."},
	{"generateDkimKeys", "Mail that is signed reaches inboxes rather than spam folders. Two private keys are made here, into files that nobody else may read; stwc zone puts their public halves into the records of the domain."},
	{"dataStore", "The database for everything that is not large: folders, calendars, settings, and whatever has no store of its own below. RocksDb needs nothing but a directory, and is right for one server."},
	{"blobStore", "Messages and attachments as they came. Default keeps them in the data store; an object store is for many or large mailboxes."},
	{"searchStore", "The index that finds words in messages. Default keeps it in the data store."},
	{"inMemoryStore", "What may be lost: counters, locks, sessions. Default keeps it in the data store; Redis is for several servers that share it."},
	{"directory", "Internal: accounts stand in the server's own store, and the first ones in this configuration. The others ask a directory that you have already."},
	{"tracer", "Stdout gives them to whoever starts the server, which under systemd is the journal."},
	{"dnsServer", "With Manual you put the records into the zone yourself; stwc zone writes them for you. With a provider the server publishes them through its interface, and needs a key for that."},
	{"certificate.certificate", "The server reads it when it starts and reloads; nothing opens it now. A relative name is looked up in the server's secrets directory; env:NAME is a variable that has the text itself. Answer none to begin without."},
	{"certificate.privateKey", "Where the key of that certificate is, in the same way. It never stands in the configuration itself."},
};
/* clang-format on */

const char *init_help(const struct init_question *question)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(helps); i++) {
		if (str_eq_c(question->path, helps[i].path))
			return helps[i].text;
	}
	return question->field->doc;
}

struct init_rows init_rows(void)
{
	return (struct init_rows){rows, ARRAY_LEN(rows)};
}

const struct init_key init_keys[INIT_KEYS] = {
	{"rsa-1", "Dkim1RsaSha256", "dkim-rsa-1.pem", false},
	{"ed25519-1", "Dkim1Ed25519Sha256", "dkim-ed25519-1.pem", true},
};

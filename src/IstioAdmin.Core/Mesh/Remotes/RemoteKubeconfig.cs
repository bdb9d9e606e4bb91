using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>The kubeconfig with which a mesh reaches a remote cluster. Its text is a secret; what this class tells of it is none.</summary>
internal sealed class RemoteKubeconfig
{
    private readonly JsonObject? _claims;

    private RemoteKubeconfig(string? server, JsonObject? claims)
    {
        Server = server;
        _claims = claims;
    }

    /// <summary>Address of the API server; null when it does not say.</summary>
    public string? Server { get; }

    /// <summary>Namespace and name of the service account whose token it holds; null when it holds none.</summary>
    public string? Account => _claims.TextAt("sub") is { } subject && subject.Split(':') is ["system", "serviceaccount", var ns, var name] ? $"{ns}/{name}" : null;

    /// <summary>When the token was issued; the tokens of Secrets do not say.</summary>
    public DateTimeOffset? Issued => Time("iat");

    /// <summary>When the token expires.</summary>
    public DateTimeOffset? Expires => Time("exp");

    /// <summary>Writes a kubeconfig. The result is a secret.</summary>
    /// <param name="name">Name of cluster, user and context.</param>
    /// <param name="server">The API server.</param>
    /// <param name="authority">Its certificate authority, in base64.</param>
    /// <param name="token">The token.</param>
    public static string Write(string name, Uri server, string authority, string token) => KubeYaml.Write(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["clusters"] = new JsonArray(new JsonObject
        {
            ["name"] = name,
            ["cluster"] = new JsonObject { ["certificate-authority-data"] = authority, ["server"] = Address(server) },
        }),
        ["contexts"] = new JsonArray(new JsonObject
        {
            ["name"] = name,
            ["context"] = new JsonObject { ["cluster"] = name, ["user"] = name },
        }),
        ["current-context"] = name,
        ["users"] = new JsonArray(new JsonObject { ["name"] = name, ["user"] = new JsonObject { ["token"] = token } }),
    });

    /// <summary>Reads what a Secret's value, in base64, tells; null when it is no kubeconfig.</summary>
    public static RemoteKubeconfig? Read(string? base64)
    {
        if (base64 is null)
            return null;
        try
        {
            JsonObject config = KubeYaml.ParseMapping(Encoding.UTF8.GetString(Convert.FromBase64String(base64)), "kubeconfig");
            string? current = config.TextAt("current-context");
            JsonObject? context = Entry(config, "contexts", current);
            JsonObject? cluster = Entry(config, "clusters", context.TextAt("context.cluster"));
            JsonObject? user = Entry(config, "users", context.TextAt("context.user"));
            string? server = cluster.TextAt("cluster.server");
            return cluster is null && user is null ? null : new RemoteKubeconfig(server, Claims(user.TextAt("user.token")));
        }
        // Not passed on: what it says of the text would be a secret's.
        catch (Exception e) when (e is MeshException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether an address means the machine that uses it, and so another one in every pod.</summary>
    public static bool IsLocal(Uri server) =>
        server.IsLoopback || server.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(server.Host.Trim('[', ']'), out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    /// <summary>The address as kubeconfigs have it, without a slash at its end.</summary>
    public static string Address(Uri server) => server.AbsoluteUri.TrimEnd('/');

    private static JsonObject? Entry(JsonObject config, string list, string? name) =>
        (config[list] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(entry => name is null || entry.TextAt("name") == name);

    // The middle part of a JSON Web Token (RFC 7519); nobody's signature is checked here.
    private static JsonObject? Claims(string? token)
    {
        if (token?.Split('.') is not [_, var payload, _])
            return null;
        try
        {
            string padded = payload.Replace('-', '+').Replace('_', '/').PadRight((payload.Length + 3) / 4 * 4, '=');
            return JsonNode.Parse(Convert.FromBase64String(padded)) as JsonObject;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private DateTimeOffset? Time(string claim) => _claims?[claim] is JsonValue value && long.TryParse(value.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
        && seconds <= 253402300799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}

using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>The addresses and node ports of services: who asks for one gets it when it is free, who asks for none gets any.</summary>
internal sealed class ServiceAddresses
{
    /// <summary>Where services are stored.</summary>
    public static readonly TypeKey Services = new("", "services");

    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;
    private readonly object _gate = new();
    private readonly HashSet<string> _taken = [];
    private readonly ApiMachinery _machinery;
    private readonly uint _network;
    private readonly int _size;
    private long _knownUpTo = -1;

    public ServiceAddresses(ApiMachinery machinery)
    {
        _machinery = machinery;
        string[] parts = machinery.ServiceNetwork.Split('/');
        byte[] bytes = IPAddress.Parse(parts[0]).GetAddressBytes();
        _network = (uint)((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]);
        _size = 1 << (32 - int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Gives a new service its addresses and ports.</summary>
    /// <returns>What was taken, to be released when the service is not stored.</returns>
    public IReadOnlyList<string> Allocate(JsonObject service, bool isDryRun)
    {
        if (service["spec"] is not JsonObject spec)
            return [];
        List<string> taken = [];
        lock (_gate)
        {
            Learn();
            try
            {
                if (spec.TextAt("type") != "ExternalName")
                    Address(service, spec, taken);
                if (spec.TextAt("type") is "NodePort" or "LoadBalancer")
                    Ports(service, spec, taken);
            }
            catch (ApiException)
            {
                _taken.ExceptWith(taken);
                throw;
            }
            if (isDryRun)
            {
                _taken.ExceptWith(taken);
                return [];
            }
            return taken;
        }
    }

    /// <summary>Lets a changed service have what it had before, as far as its type still has that.</summary>
    public static void Keep(JsonObject before, JsonObject after)
    {
        if (after["spec"] is not JsonObject spec)
            return;
        string? was = before.TextAt("spec.type"), type = spec.TextAt("type");
        if (type != "ExternalName" && was != "ExternalName")
        {
            // An update that leaves the address out means the one that it has.
            foreach (string field in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"])
            {
                if (!spec.ContainsKey(field) && before.At("spec", field) is { } kept)
                    spec[field] = kept.DeepClone();
            }
        }
        bool had = was is "NodePort" or "LoadBalancer", needs = type is "NodePort" or "LoadBalancer";
        if (!had || needs)
            return;
        // What was not changed by hand goes with the type that needed it.
        if (spec.TextAt("externalTrafficPolicy") == before.TextAt("spec.externalTrafficPolicy"))
            spec.Remove("externalTrafficPolicy");
        string[] former = [.. (before.At("spec.ports") as JsonArray ?? []).Select(port => port.WholeAt("nodePort")?.ToString(System.Globalization.CultureInfo.InvariantCulture)).OfType<string>()];
        foreach (JsonObject port in (spec["ports"] as JsonArray ?? []).OfType<JsonObject>().Where(port => port["nodePort"] is { } number && former.Contains(number.ToString())))
            port.Remove("nodePort");
    }

    /// <summary>Gives a changed service what its new type needs, and takes back what it does not need any more.</summary>
    public void Update(JsonObject before, JsonObject after, bool isDryRun)
    {
        if (after["spec"] is not JsonObject spec)
            return;
        string? was = before.TextAt("spec.type"), type = spec.TextAt("type");
        bool had = was is "NodePort" or "LoadBalancer", needs = type is "NodePort" or "LoadBalancer";
        lock (_gate)
        {
            Learn();
            HashSet<string> own = [.. Held(before)];
            _taken.ExceptWith(own);
            List<string> taken = [];
            try
            {
                if (type != "ExternalName")
                    Address(after, spec, taken);
                if (needs)
                {
                    // A port that is left out is the one that it had.
                    foreach (JsonObject port in (spec["ports"] as JsonArray ?? []).OfType<JsonObject>().Where(port => port["nodePort"] is null && had))
                    {
                        JsonNode? former = (before.At("spec.ports") as JsonArray ?? []).FirstOrDefault(other => JsonNode.DeepEquals(other?["port"], port["port"]) && other.TextAt("protocol") == port.TextAt("protocol"));
                        if (former?["nodePort"] is { } number)
                            port["nodePort"] = number.DeepClone();
                    }
                    Ports(after, spec, taken);
                }
            }
            catch (ApiException)
            {
                _taken.ExceptWith(taken);
                _taken.UnionWith(own);
                throw;
            }
            if (isDryRun)
            {
                _taken.ExceptWith(taken);
                _taken.UnionWith(own);
            }
        }
    }

    /// <summary>Takes back what a deleted service had.</summary>
    public void Release(JsonObject service) => Release([.. Held(service)]);

    /// <summary>Takes back addresses and ports.</summary>
    public void Release(IReadOnlyList<string> taken)
    {
        lock (_gate)
            _taken.ExceptWith(taken);
    }

    private static IEnumerable<string> Held(JsonObject service) =>
    [
        .. service.TextsAt("spec.clusterIPs").Where(address => address != "None"),
        .. (service.At("spec.ports") as JsonArray ?? []).Where(port => port?["nodePort"] is not null).Select(port => $"{port.TextAt("protocol")}:{port!["nodePort"]}"),
    ];

    // What there is already, as after a snapshot was read.
    private void Learn()
    {
        if (_knownUpTo >= 0)
            return;
        (_knownUpTo, IEnumerable<StoredObject> services) = _machinery.Store.Snapshot(Services, null);
        foreach (StoredObject stored in services)
            _taken.UnionWith(Held(stored.Parse()));
    }

    private void Address(JsonObject service, JsonObject spec, List<string> taken)
    {
        string? asked = spec.TextAt("clusterIP") ?? (spec.TextsAt("clusterIPs") is [var first, ..] ? first : null);
        if (asked == "None")
        {
            spec["clusterIP"] = "None";
            spec["clusterIPs"] ??= new JsonArray("None");
        }
        else
        {
            string address = asked ?? Any();
            if (asked is not null)
            {
                if (!IPAddress.TryParse(asked, out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetwork)
                {
                    throw Refused(service, FieldError.InvalidShown("spec.clusterIPs[0]", $"[]string{{\"{asked}\"}}", "must be a valid IP address, (e.g. 10.9.8.7)"));
                }
                byte[] bytes = parsed.GetAddressBytes();
                uint number = (uint)((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]);
                if (number - _network >= _size)
                    throw Refused(service, FieldError.InvalidShown("spec.clusterIPs", $"[]string{{\"{asked}\"}}", $"failed to allocated ip:{asked} with error:provided IP is not in the valid range. The range of valid IPs is {_machinery.ServiceNetwork}"));
                if (_taken.Contains(asked))
                    throw Refused(service, FieldError.InvalidShown("spec.clusterIPs", $"[]string{{\"{asked}\"}}", $"failed to allocated ip:{asked} with error:provided IP is already allocated"));
            }
            _taken.Add(address);
            taken.Add(address);
            spec["clusterIP"] = address;
            spec["clusterIPs"] = new JsonArray(address);
        }
        spec["ipFamilies"] ??= new JsonArray("IPv4");
        spec["ipFamilyPolicy"] ??= "SingleStack";
    }

    private string Any()
    {
        for (int attempt = 0; attempt < 4 * _size; attempt++)
        {
            uint number = _network + (uint)Random.Shared.Next(2, _size - 1);
            string address = new IPAddress([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]).ToString();
            if (!_taken.Contains(address))
                return address;
        }
        throw ApiErrors.Internal("failed to allocate a serviceIP: range is full");
    }

    private void Ports(JsonObject service, JsonObject spec, List<string> taken)
    {
        int at = 0;
        foreach (JsonObject port in (spec["ports"] as JsonArray ?? []).OfType<JsonObject>())
        {
            string protocol = port.TextAt("protocol") ?? "TCP";
            long number = port.WholeAt("nodePort") ?? 0;
            if (number != 0)
            {
                if (number is < FirstNodePort or > LastNodePort)
                    throw Refused(service, FieldError.Invalid($"spec.ports[{at}].nodePort", number, $"provided port is not in the valid range. The range of valid ports is {FirstNodePort}-{LastNodePort}"));
                if (_taken.Contains($"{protocol}:{number}"))
                    throw Refused(service, FieldError.Invalid($"spec.ports[{at}].nodePort", number, "provided port is already allocated"));
            }
            else
            {
                do
                    number = Random.Shared.Next(FirstNodePort, LastNodePort + 1);
                while (_taken.Contains($"{protocol}:{number}"));
                port["nodePort"] = number;
            }
            _taken.Add($"{protocol}:{number}");
            taken.Add($"{protocol}:{number}");
            at++;
        }
    }

    private static ApiException Refused(JsonObject service, FieldError error) => ApiErrors.Invalid("", "Service", service.TextAt("metadata.name") ?? "", [error]);
}

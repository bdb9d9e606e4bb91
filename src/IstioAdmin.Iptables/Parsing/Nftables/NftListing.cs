using System.Text.Json;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>A table of a listing, before its rules are understood.</summary>
internal sealed class NftTable
{
    public NftTable(string family, string name) => (Family, Name) = (family, name);

    /// <summary><c>ip</c>, <c>ip6</c>, <c>inet</c>, or a family that has no IP hooks.</summary>
    public string Family { get; }

    public string Name { get; }

    /// <summary>Whether its chains are not called at all.</summary>
    public bool IsDormant { get; set; }

    public List<NftChain> Chains { get; } = [];

    /// <summary>Named sets and maps.</summary>
    public Dictionary<string, NftSet> Sets { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether packets of a family come by.</summary>
    public bool Sees(IpFamily family) => Family == "inet" || Family == (family == IpFamily.IPv4 ? "ip" : "ip6");
}

/// <summary>A chain of a listing.</summary>
internal sealed class NftChain
{
    public NftChain(string name) => Name = name;

    public string Name { get; }

    public BaseChain? Base { get; init; }

    public ChainPolicy? Policy { get; init; }

    /// <summary>The hook, when it is none of the five: ingress or egress of a device, which comes before or after all of them.</summary>
    public string? DeviceHook { get; init; }

    public List<NftRule> Rules { get; } = [];
}

/// <summary>A rule of a listing.</summary>
/// <param name="Expressions">What it asks and does, in order.</param>
/// <param name="Comment">Its remark.</param>
/// <param name="Line">Line of the input.</param>
internal sealed record NftRule(JsonElement? Expressions, string? Comment, int Line);

/// <summary>A named set or map of a listing.</summary>
/// <param name="Elements">What was in it when it was listed.</param>
/// <param name="Changes">Whether packets put elements in or time takes them out: then the listing does not say what is in it.</param>
internal sealed record NftSet(IReadOnlyList<JsonElement> Elements, bool Changes);

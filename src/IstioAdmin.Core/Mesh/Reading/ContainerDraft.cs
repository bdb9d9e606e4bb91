using IstioAdmin.Core.Redirection;
using IstioAdmin.Core.Redirection.Policies;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>One container as it is being read.</summary>
internal sealed class ContainerDraft
{
    public string Name { get; set; } = "";

    public string? Image { get; set; }

    public List<string> Command { get; } = [];

    /// <summary>Of istio-init all arguments, of others the first two; the second one tells the proxy's type.</summary>
    public List<string> Arguments { get; } = new(2);

    public List<(string Name, string Value)> Variables { get; } = [];

    public List<DeclaredPort> Ports { get; } = [];

    public long? RunAsUser { get; set; }

    public long? RunAsGroup { get; set; }

    public bool Privileged { get; set; }

    public bool AddsNetAdmin { get; set; }

    public bool AsksForNetAdmin => Privileged || AddsNetAdmin;

    public string? DisableEnvoy => Variable(IstioNames.DisableEnvoy);

    public string? InterceptionMode => Variable(IstioNames.InterceptionModeVariable);

    public string? ProxyType => Arguments is ["proxy", { } type, ..] ? type : null;

    /// <summary>Whether the command is worth reading. The name comes first from a real server; while it is not known, everything is kept.</summary>
    public bool WantsCommand => Name is "" or IstioNames.InitContainer;

    public bool WantsArgument => Arguments.Count < 2 || WantsCommand;

    public static bool WantsVariable(string name) => TrafficVariables.Contains(name);

    public void SetVariable(string name, string value)
    {
        if (WantsVariable(name))
            Variables.Add((name, value));
    }

    public void AddPort(long number, string? protocol) => Ports.Add(new((int)number, protocol switch
    {
        "UDP" => "UDP",
        "SCTP" => "SCTP",
        _ => "TCP",
    }));

    public void AddCapability(string capability)
    {
        // Container runtimes take the names with and without CAP_, in any case; admission knows NET_ADMIN and ALL.
        ReadOnlySpan<char> name = capability.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? capability.AsSpan(4) : capability;
        AddsNetAdmin |= name.Equals("NET_ADMIN", StringComparison.OrdinalIgnoreCase) || name.Equals("ALL", StringComparison.OrdinalIgnoreCase);
    }

    public void Clear()
    {
        Name = "";
        Image = null;
        RunAsUser = RunAsGroup = null;
        Command.Clear();
        Arguments.Clear();
        Variables.Clear();
        Ports.Clear();
        Privileged = AddsNetAdmin = false;
    }

    /// <summary>The value of a variable; of several of that name, the last one counts.</summary>
    private string? Variable(string name)
    {
        for (int i = Variables.Count - 1; i >= 0; i--)
        {
            if (Variables[i].Name == name)
                return Variables[i].Value;
        }
        return null;
    }
}

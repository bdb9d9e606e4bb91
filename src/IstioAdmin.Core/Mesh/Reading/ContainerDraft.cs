using IstioAdmin.Core.Redirection;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>One container as it is being read.</summary>
internal sealed class ContainerDraft
{
    public string Name { get; set; } = "";

    public string? Image { get; set; }

    /// <summary>The first two arguments; the second one tells the proxy's type.</summary>
    public List<string> FirstArguments { get; } = new(2);

    public string? DisableEnvoy { get; set; }

    public string? InterceptionMode { get; set; }

    public bool Privileged { get; set; }

    public bool AddsNetAdmin { get; set; }

    public bool AsksForNetAdmin => Privileged || AddsNetAdmin;

    public string? ProxyType => FirstArguments is ["proxy", { } type] ? type : null;

    public static bool WantsVariable(string name) => name is IstioNames.DisableEnvoy or IstioNames.InterceptionModeVariable;

    public void SetVariable(string name, string value)
    {
        switch (name)
        {
            case IstioNames.DisableEnvoy: DisableEnvoy = value; break;
            case IstioNames.InterceptionModeVariable: InterceptionMode = value; break;
        }
    }

    public void AddArgument(string argument)
    {
        if (FirstArguments.Count < 2)
            FirstArguments.Add(argument);
    }

    public void AddCapability(string capability)
    {
        // Container runtimes take the names with and without CAP_, in any case; admission knows NET_ADMIN and ALL.
        ReadOnlySpan<char> name = capability.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? capability.AsSpan(4) : capability;
        AddsNetAdmin |= name.Equals("NET_ADMIN", StringComparison.OrdinalIgnoreCase) || name.Equals("ALL", StringComparison.OrdinalIgnoreCase);
    }

    public void Clear()
    {
        Name = "";
        Image = DisableEnvoy = InterceptionMode = null;
        FirstArguments.Clear();
        Privileged = AddsNetAdmin = false;
    }
}

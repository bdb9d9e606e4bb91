using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>
/// The settings that istio-init was started with. They are what really ran, whatever the pod's annotations say today. Both generations' flags;
/// since the second one each flag can come from a variable as well (istio/istio: tools/istio-iptables/pkg/cmd/root.go).
/// </summary>
internal sealed class InitArguments
{
    private readonly ContainerTraffic _init;
    private readonly SettingsDraft _draft;
    private readonly bool _first;

    private InitArguments(IstioRelease? release, ContainerTraffic init)
    {
        _init = init;
        _first = PolicyReleases.IsFirstGeneration(release);
        _draft = new(
            release,
            UpstreamDefaults.Program(_first ? RedirectionGeneration.FirstGeneration : RedirectionGeneration.Current),
            $"default of istio-init ({(_first ? "istio/cni release-1.1: tools/deb/istio-iptables.sh" : "istio/istio: tools/common/config/config.go")})");
    }

    /// <summary>Reads them.</summary>
    public static SettingsDraft Read(IstioRelease? release, ContainerTraffic init)
    {
        var reader = new InitArguments(release, init);
        PodRedirectionSettings defaults = reader._draft.Settings;
        reader.ReadEnvironment();
        reader.ReadArguments([.. init.Command, .. init.Arguments]);
        reader._draft.Check(defaults);
        return reader._draft;
    }

    private void ReadEnvironment()
    {
        foreach (InitOption option in InitOption.All.Where(option => option.InFirstGeneration || !_first))
        {
            foreach (string name in option.Variables)
            {
                if (_init.Environment.TryGetValue(name, out string? value) && value.Length > 0)
                    Take(option, value, $"{name}={value} of istio-init", name);
            }
        }
    }

    private void ReadArguments(string[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            string word = arguments[i];
            if (word.Length < 2 || word[0] != '-' || Find(word, out string? value) is not { } option)
                continue;
            if (value is null && option.IsSwitch)
                value = "true";
            if (value is null && ++i < arguments.Length)
                value = arguments[i];
            if (value is not null)
                Take(option, value, $"istio-init {Name(word)} {(value.Length == 0 ? "''" : value)}", "istio-init");
        }
    }

    private void Take(InitOption option, string value, string source, string place)
    {
        if (option.Set(_draft, value) is { } settings)
            _draft.Set(option.Setting, settings, source);
        else
            _draft.Problems.Add(new("InvalidArgument", $"{source}: '{value}' is no value for this flag; istio-init refuses it and the pod does not start.", "Correct the value in the injection template or on the workload.", place));
    }

    /// <summary>The option of <c>-b</c>, <c>-b80</c>, <c>-b=80</c>, <c>--istio-inbound-ports</c> or <c>--istio-inbound-ports=80</c>; null for one that means nothing here.</summary>
    private InitOption? Find(string word, out string? value)
    {
        value = null;
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        if (word[1] == '-')
        {
            if (_first)
                return null;
            value = equals < 0 ? null : word[(equals + 1)..];
            string name = equals < 0 ? word[2..] : word[2..equals];
            return InitOption.All.FirstOrDefault(option => option.Long == name);
        }
        if (InitOption.All.FirstOrDefault(option => option.Short == word[1]) is not { } known || (_first && !known.InFirstGeneration))
            return null;
        if (word.Length > 2)
            value = word[2] == '=' && !_first ? word[3..] : word[2..];
        return known;
    }

    private static string Name(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return word[1] != '-' ? word[..2] : equals < 0 ? word : word[..equals];
    }
}

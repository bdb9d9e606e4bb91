using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Sandbox.Operators.Banzai;
using IstioAdmin.Sandbox.Operators.Cisco;
using IstioAdmin.Sandbox.Operators.Sail;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>What runs in which pods: programs of this process that play the part of images.</summary>
internal sealed class PodPrograms
{
    private readonly object _gate = new();
    private readonly List<(Func<JsonObject, bool> Is, Func<PodContext, IPodProgram> Make)> _programs = [];

    /// <summary>The three Istio operators, by their images.</summary>
    public static PodPrograms Operators(OperatorTimes times, OperatorFaults faults, IAdmissionEndpoints admission)
    {
        var programs = new PodPrograms();
        programs.Add(pod => Image(pod).Contains("sail-operator", StringComparison.Ordinal), context => new SailOperator(context, times, faults, admission));
        programs.Add(pod => Image(pod).Contains("banzaicloud/istio-operator:v2", StringComparison.Ordinal), context => new CiscoOperator(context, times, faults, admission));
        programs.Add(pod => Image(pod).Contains("banzaicloud/istio-operator:", StringComparison.Ordinal), context => new BanzaiOperator(context, times, faults, admission));
        return programs;
    }

    /// <summary>Runs a program in every pod of which <paramref name="isIts"/> says so, from the moment that the pod is ready. The first that fits counts.</summary>
    public void Add(Func<JsonObject, bool> isIts, Func<PodContext, IPodProgram> make)
    {
        lock (_gate)
            _programs.Add((isIts, make));
    }

    /// <summary>What makes a pod's program; null when it has none.</summary>
    public Func<PodContext, IPodProgram>? For(JsonObject pod)
    {
        lock (_gate)
            return _programs.FirstOrDefault(program => program.Is(pod)).Make;
    }

    private static string Image(JsonObject pod) => Json.Text(Meta.Items(pod, "spec", "containers").FirstOrDefault(), "image") ?? "";
}

using System.Text.Json;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>Reads <c>istio.banzaicloud.io/v1beta1</c> Istio resources.</summary>
internal static class BanzaiReader
{
    public static IEnumerable<IstioInstallation> Read(OperatorObjects objects) => (objects[IstioResources.BanzaiIstios] ?? []).Select(Of);

    private static IstioInstallation Of(JsonElement istio)
    {
        string name = istio.At("metadata", "name")?.AsText() ?? "";
        string ns = istio.At("metadata", "namespace")?.AsText() ?? "";
        JsonElement? cni = istio.At("spec", "sidecarInjector", "initCNIConfiguration");
        // From 1.7 on a control plane that is not global has a revision made of its name (istio_types.go, IsRevisionUsed).
        bool revisioned = istio.At("spec", "global")?.AsFlag() == false;
        return new IstioInstallation
        {
            Operator = IstioOperatorKind.Banzai,
            Namespace = ns,
            Name = name,
            Version = IstioVersion.Of(istio.At("spec", "version")?.AsText()),
            Revision = revisioned ? $"{name.Replace('.', '-')}.{ns}" : null,
            CniEnabled = cni?.Child("enabled")?.AsFlag(),
            CniExcludedNamespaces = cni?.Child("excludeNamespaces")?.AsTexts() ?? [],
        };
    }
}

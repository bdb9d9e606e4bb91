using System.Text.Json;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>Reads <c>servicemesh.cisco.com/v1alpha1</c> IstioControlPlane resources; each is a revision of its own.</summary>
internal static class CiscoReader
{
    public static IEnumerable<IstioInstallation> Read(OperatorObjects objects) => (objects[IstioResources.CiscoControlPlanes] ?? []).Select(Of);

    private static IstioInstallation Of(JsonElement controlPlane)
    {
        string name = controlPlane.At("metadata", "name")?.AsText() ?? "";
        string ns = controlPlane.At("metadata", "namespace")?.AsText() ?? "";
        JsonElement? cni = controlPlane.At("spec", "proxyInit", "cni");
        return new IstioInstallation
        {
            Operator = IstioOperatorKind.Cisco,
            Namespace = ns,
            Name = name,
            Version = IstioVersion.Of(controlPlane.At("spec", "version")?.AsText()),
            Revision = $"{name.Replace('.', '-')}.{ns}",
            CniEnabled = cni?.Child("enabled")?.AsFlag(),
            CniExcludedNamespaces = cni?.Child("excludeNamespaces")?.AsTexts() ?? [],
        };
    }
}

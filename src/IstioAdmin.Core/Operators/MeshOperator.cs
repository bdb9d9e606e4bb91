using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators.Banzai;
using IstioAdmin.Core.Operators.Cisco;
using IstioAdmin.Core.Operators.Sail;

namespace IstioAdmin.Core.Operators;

/// <summary>One of the operators that run a mesh, with the dialect that its API speaks.</summary>
public sealed class MeshOperator
{
    private MeshOperator(IstioOperatorKind kind, KubeResource mesh, IOperatorPackage package, IMeshDialect dialect, ICniDialect cni, IRemoteDialect remotes)
    {
        Kind = kind;
        Mesh = mesh;
        Package = package;
        Dialect = dialect;
        Cni = cni;
        Remotes = remotes;
    }

    /// <summary>Banzai Cloud's operator, <c>istio.banzaicloud.io/v1beta1</c>.</summary>
    public static MeshOperator Banzai { get; } = new(IstioOperatorKind.Banzai, IstioResources.BanzaiIstios, new BanzaiPackage(), new BanzaiMesh(), BanzaiCni.Dialect, new BanzaiRemotes());

    /// <summary>Its second generation, <c>servicemesh.cisco.com/v1alpha1</c>.</summary>
    public static MeshOperator Cisco { get; } = new(IstioOperatorKind.Cisco, IstioResources.CiscoControlPlanes, new CiscoPackage(), new CiscoMesh(), CiscoCni.Dialect, new CiscoRemotes());

    /// <summary>The Sail operator, <c>sailoperator.io/v1</c>.</summary>
    public static MeshOperator Sail { get; } = new(IstioOperatorKind.Sail, IstioResources.SailIstios, new SailPackage(), new SailMesh(), SailCni.Dialect, new SailRemotes());

    /// <summary>All of them, oldest first.</summary>
    public static IReadOnlyList<MeshOperator> All { get; } = [Banzai, Cisco, Sail];

    /// <summary>Which one it is.</summary>
    public IstioOperatorKind Kind { get; }

    /// <summary>The resource that describes a mesh.</summary>
    public KubeResource Mesh { get; }

    /// <summary>Versions of Istio that it is known to run, newest of each line; there are others.</summary>
    public IReadOnlyList<string> KnownVersions => Dialect.KnownVersions;

    /// <summary>How it is installed and removed.</summary>
    internal IOperatorPackage Package { get; }

    /// <summary>How its API switches the CNI plugin.</summary>
    internal ICniDialect Cni { get; }

    /// <summary>How its meshes take in other clusters.</summary>
    internal IRemoteDialect Remotes { get; }

    /// <summary>How its API speaks of meshes.</summary>
    internal IMeshDialect Dialect { get; }

    /// <summary>The operator of a kind.</summary>
    /// <param name="kind">Any but <see cref="IstioOperatorKind.None"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public static MeshOperator Of(IstioOperatorKind kind) =>
        All.FirstOrDefault(known => known.Kind == kind) ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, "No operator has this kind.");

    /// <summary>The kind's name.</summary>
    public override string ToString() => Kind.ToString();
}

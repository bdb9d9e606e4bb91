using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Core.Operators;

/// <summary>What installing, finding and removing have to know of an operator. One implementation for each, without any logic of its own.</summary>
internal interface IOperatorPackage
{
    /// <summary>What its objects carry in the label <c>app.kubernetes.io/part-of</c> when this module made them.</summary>
    string PartOf { get; }

    /// <summary>Name of its workload, or of its chart's release.</summary>
    string Name { get; }

    /// <summary>Its usual namespace.</summary>
    string Namespace { get; }

    /// <summary>The release lines that this module carries, oldest first; empty where only a chart will do.</summary>
    IReadOnlyList<OperatorLine> Lines { get; }

    /// <summary>The line that is installed unless another is asked for; null for the newest that the cluster's Kubernetes supports.</summary>
    OperatorLine? DefaultLine { get; }

    /// <summary>Where its chart is, for messages; null when there is none any more.</summary>
    string? ChartHint { get; }

    /// <summary>The resources that describe meshes and parts of them, in the order in which they have to go.</summary>
    IReadOnlyList<KubeResource> Resources { get; }

    /// <summary>Objects that the operator makes for itself, beside those that it was installed with.</summary>
    IReadOnlyList<OwnObject> OwnObjects { get; }

    /// <summary>How it marks namespaces; null when it does not.</summary>
    NamespaceMark? Mark { get; }

    /// <summary>The objects of a line, without the namespace, in the order in which they are to be created.</summary>
    /// <param name="line">One of <see cref="Lines"/>.</param>
    /// <param name="options">Image, pull secrets.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="definitions">The version of CustomResourceDefinition that the server serves.</param>
    /// <returns>The namespace itself, for clusters where it is missing, and the rest.</returns>
    (ObjectManifest Namespace, IReadOnlyList<ObjectManifest> Objects) Manifests(OperatorLine line, OperatorOptions options, string ns, KubeResource definitions);

    /// <summary>Whether a workload is this operator.</summary>
    bool Runs(OperatorWorkload workload);
}

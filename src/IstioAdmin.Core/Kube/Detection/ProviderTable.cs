namespace IstioAdmin.Core.Kube.Detection;

/// <summary>
/// How providers are told apart; the first row that matches wins. OpenShift comes before the clouds that it runs on, PKE comes last because
/// Pipeline puts its node pool label on the nodes of other providers' clusters too.
/// </summary>
internal static class ProviderTable
{
    public static IReadOnlyList<ProviderRow> Rows { get; } =
    [
        new(ClusterProvider.Sandbox, "this module's practice cluster")
        {
            VersionContains = "+istioadmin.sandbox",
            NodeKeyPrefix = "sandbox.istioadmin.io/",
        },
        new(ClusterProvider.Kind, "kubernetes-sigs/kind: pkg/cluster/internal/kubeadm/config.go (provider-id)")
        {
            ProviderIdPrefix = "kind://",
        },
        new(ClusterProvider.OpenShift, "openshift/api: config/v1; openshift/machine-config-operator (node label)")
        {
            GroupSuffix = ".openshift.io",
            NodeKeyPrefix = "node.openshift.io/",
        },
        new(ClusterProvider.Eks, "Amazon EKS user guide: platform versions; managed node groups")
        {
            VersionContains = "-eks-",
            NodeKeyPrefix = "eks.amazonaws.com/",
            GroupSuffix = "vpcresources.k8s.aws",
        },
        new(ClusterProvider.Aks, "Azure/AKS: reserved system labels")
        {
            NodeKeyPrefix = "kubernetes.azure.com/",
        },
        new(ClusterProvider.Gke, "Google Kubernetes Engine documentation: versioning; node labels")
        {
            VersionContains = "-gke.",
            NodeKeyPrefix = "cloud.google.com/gke-",
            GroupSuffix = ".gke.io",
        },
        new(ClusterProvider.Iks, "IBM Cloud Kubernetes Service documentation: version information; worker node labels")
        {
            VersionContains = "+IKS",
            NodeKeyPrefix = "ibm-cloud.kubernetes.io/",
            ProviderIdPrefix = "ibm://",
        },
        new(ClusterProvider.Pke, "banzaicloud/pke: cmd/pke/app/phases/kubeadm/node/kubeadm.go (node-labels)")
        {
            NodeKeyPrefix = "nodepool.banzaicloud.io/",
        },
    ];

    public static ClusterProvider Find(ClusterEvidence evidence) => Rows.FirstOrDefault(r => r.Matches(evidence))?.Provider ?? ClusterProvider.Unknown;
}

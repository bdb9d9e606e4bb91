namespace IstioAdmin.Core.Kube;

/// <summary>Who provides the cluster, as told by its own objects. Decides where CNI configuration and binaries are expected.</summary>
public enum ClusterProvider
{
    /// <summary>Nothing gave it away.</summary>
    Unknown,

    /// <summary>Banzai Cloud's Kubernetes distribution.</summary>
    Pke,

    /// <summary>Amazon Elastic Kubernetes Service.</summary>
    Eks,

    /// <summary>Azure Kubernetes Service.</summary>
    Aks,

    /// <summary>Google Kubernetes Engine.</summary>
    Gke,

    /// <summary>IBM Cloud Kubernetes Service.</summary>
    Iks,

    /// <summary>Red Hat OpenShift.</summary>
    OpenShift,

    /// <summary>Kubernetes in Docker.</summary>
    Kind,

    /// <summary>This module's own practice cluster; nothing behind it is real.</summary>
    Sandbox,
}

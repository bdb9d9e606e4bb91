namespace IstioAdmin.Core.Mesh;

/// <summary>What an operator makes of a mesh, in words that are the same for all operators.</summary>
public enum MeshState
{
    /// <summary>The operator has not said anything yet.</summary>
    Pending,

    /// <summary>The operator is at work.</summary>
    Reconciling,

    /// <summary>The operator says that all is as the resource wants it. Right after a change this may be old news.</summary>
    Available,

    /// <summary>The operator could not do what the resource wants; it tries again.</summary>
    Failed,

    /// <summary>The operator has let go of the mesh, as Banzai Cloud's does when it is stopped.</summary>
    Unmanaged,

    /// <summary>The resource is being deleted.</summary>
    Deleting,

    /// <summary>The resource is gone.</summary>
    Removed,
}

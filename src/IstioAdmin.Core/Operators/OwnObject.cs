using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Operators;

/// <summary>An object that an operator makes for itself and leaves behind.</summary>
/// <param name="Resource">Its kind; where it has a namespace, the operator's is meant.</param>
/// <param name="Name">Its name.</param>
/// <param name="Sign">A text that occurs in it, without which it is somebody else's object of the same name; null when the name tells enough.</param>
internal sealed record OwnObject(KubeResource Resource, string Name, string? Sign = null);

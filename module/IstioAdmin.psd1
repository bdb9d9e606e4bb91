@{
    RootModule           = 'IstioAdmin.dll'
    # The build writes the version from Directory.Build.props here.
    ModuleVersion        = '0.0.0'
    GUID                 = 'b0b9f1f4-6a0e-4d57-9a52-7c1f3f5c2f3e'
    Author               = 'IstioAdmin maintainers'
    CompanyName          = 'IstioAdmin'
    Copyright            = '(c) IstioAdmin maintainers'
    Description          = 'Administers Istio meshes and their CNI: which pods are redirected into the mesh, how, and why not.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = 'Core'
    FormatsToProcess     = 'IstioAdmin.Format.ps1xml'
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    # Named one by one: completion and auto-loading then need not load the module to know them.
    CmdletsToExport      = @(
        'Connect-MeshCluster'
        'ConvertFrom-IptablesSave'
        'ConvertTo-IptablesSave'
        'Disable-IstioCni'
        'Disable-IstioInjection'
        'Disconnect-MeshCluster'
        'Enable-IstioCni'
        'Enable-IstioInjection'
        'Find-IptablesEscape'
        'Get-IstioCni'
        'Get-IstioMesh'
        'Get-IstioOperator'
        'Get-MeshCluster'
        'Get-MeshPod'
        'Get-PodIptables'
        'Install-Bookinfo'
        'Install-IstioOperator'
        'New-IstioMesh'
        'New-PodRedirectionRule'
        'Remove-Bookinfo'
        'Remove-IstioMesh'
        'Repair-PodRedirection'
        'Restart-MeshWorkload'
        'Set-IstioMesh'
        'Test-IstioCni'
        'Test-Mesh'
        'Test-MeshPrerequisite'
        'Test-PodConnection'
        'Test-PodRedirection'
        'Trace-IptablesPacket'
        'Trace-PodPacket'
        'Uninstall-IstioOperator'
        'Update-IstioOperator'
        'Wait-IstioMesh'
    )
    PrivateData          = @{ PSData = @{ Tags = 'Istio', 'Kubernetes', 'ServiceMesh', 'CNI', 'iptables', 'Linux', 'MacOS', 'Windows' } }
}

# Operators, meshes, injection and CNI on the cluster of the current kubeconfig, which must have no operator of Istio. Nothing waits for what an operator
# does, so that they pass where its image cannot be pulled; an operator that does come up does no harm. ./build.ps1 -Task Pester -Cluster runs them.
param([Parameter(Mandatory)] [string] $ModuleFolder)

BeforeAll {
    Import-Module "$ModuleFolder/IstioAdmin.psd1" -Force
    $cluster = Connect-MeshCluster
    $found = @(Get-IstioOperator) + @(Get-IstioMesh)
    if ($found) {
        throw "These tests need a cluster without an operator of Istio; this one has $found."
    }
    $mesh = @{ Name = 'pester'; Version = '1.1.5'; Mtls = $true }
}

AfterAll {
    if ($cluster -and -not $found) {
        Uninstall-IstioOperator Banzai -Force -ReleaseFinalizer -IncludeCrd -IncludeNamespace -Confirm:$false -WarningAction Ignore | Out-Null
    }
    $cluster | Disconnect-MeshCluster
    Remove-Module IstioAdmin -ErrorAction Ignore
}

Describe 'Operators and meshes' -Tag Cluster {
    It 'says of a cluster without a mesh what is missing' {
        Get-IstioCni | Should -BeNullOrEmpty
        (Test-MeshPrerequisite | Where-Object Name -EQ MeshManaged).Hint | Should -Match 'Install-IstioOperator'
        { New-IstioMesh @mesh -ErrorAction Stop } | Should -Throw -ErrorId 'OperatorNotFound,*'
        { Enable-IstioCni -ErrorAction Stop } | Should -Throw -ErrorId 'MeshNotFound,*'
    }

    It 'refuses what cannot be' {
        { Install-IstioOperator Banzai -Version 9.9 -ErrorAction Stop } | Should -Throw -ErrorId 'OperatorVersionNotFound,*'
        { Install-IstioOperator Sail -ErrorAction Stop } | Should -Throw -ErrorId '*,IstioAdmin.Commands.InstallIstioOperatorCommand'
        { Update-IstioOperator Banzai -ErrorAction Stop } | Should -Throw -ErrorId 'OperatorNotFound,*'
    }

    It 'installs nothing with -WhatIf' {
        Install-IstioOperator Banzai -Version 1.1 -WhatIf
        Get-IstioOperator | Should -BeNullOrEmpty
    }

    It 'installs an operator, and a second time changes nothing' {
        (Install-IstioOperator Banzai -Version 1.1 -NoWait).Distribution | Should -Be 'Banzai'
        Install-IstioOperator Banzai -Version 1.1 -NoWait | Out-Null
        $again = Get-IstioOperator
        $again.InstalledBy | Should -Be 'IstioAdmin'
        $again.Resource['metadata']['generation'].ToString() | Should -Be 1
    }

    It 'names wrong input, and writes nothing' -ForEach @(
        @{ Wrong = @{ IncludeIPRange = '10.0.0.0/33' }; ErrorId = 'IPRangeInvalid' }
        @{ Wrong = @{ ExcludeIPRange = '*' }; ErrorId = 'IPRangeInvalid' }
        @{ Wrong = @{ Spec = 'a: [b' }; ErrorId = 'YamlInvalid' }
        @{ Wrong = @{ Spec = 12 }; ErrorId = 'SpecInvalid' }
        @{ Wrong = @{ IngressMinReplicas = 5; IngressMaxReplicas = 2 }; ErrorId = 'SettingsContradict' }
        @{ Wrong = @{ Distribution = 'Sail' }; ErrorId = 'OperatorNotFound' }
    ) {
        { New-IstioMesh @mesh @Wrong -NoWait -ErrorAction Stop } | Should -Throw -ErrorId "$ErrorId,*"
        Get-IstioMesh | Should -BeNullOrEmpty
    }

    It 'prints a mesh as YAML with what -Spec adds, and writes nothing' {
        $yaml = New-IstioMesh @mesh -AutoInjectionNamespace shop -Spec @{ pilot = @{ traceSampling = 50 } } -AsYaml
        $yaml | Should -Match '(?m)^kind: Istio$'
        $yaml | Should -Match '(?m)^    traceSampling: 50$'
        $yaml | Should -Match '(?m)^  - shop$'
        Get-IstioMesh | Should -BeNullOrEmpty
    }

    It 'makes a mesh, changes it, and tells what it is' {
        New-IstioMesh @mesh -WhatIf
        Get-IstioMesh | Should -BeNullOrEmpty
        (New-IstioMesh @mesh -NoWait).Name | Should -Be 'pester'
        Set-IstioMesh pester -OutboundTrafficPolicy REGISTRY_ONLY -NoWait | Out-Null
        $now = Get-IstioMesh
        $now.Operator, $now.Version, $now.Mtls | Should -Be 'Banzai', '1.1.5', $true
        Get-IstioMesh -AsYaml | Should -Match 'mode: REGISTRY_ONLY'
        { Get-IstioMesh nope -ErrorAction Stop } | Should -Throw -ErrorId 'MeshNotFound,*'
        { New-IstioMesh other -Version 1.1.5 -Mtls -NoWait -ErrorAction Stop } | Should -Throw -ErrorId 'SecondMesh,*'
        New-IstioMesh other -Version 1.1.5 -Mtls -AsYaml | Should -Match 'name: other'
    }

    It 'completes what there is' {
        (TabExpansion2 'Set-IstioMesh ' 14).CompletionMatches.CompletionText | Should -Be 'pester'
        (TabExpansion2 'Install-IstioOperator Banzai -Version ' 38).CompletionMatches[0].CompletionText | Should -Be '1.1'
        $versions = [version[]](TabExpansion2 'New-IstioMesh -Distribution Banzai -Version ' 44).CompletionMatches.CompletionText
        $versions | Should -Be ($versions | Sort-Object)
    }

    It 'asks for CNI in the mesh''s resource, with -WhatIf not' {
        Enable-IstioCni -WhatIf
        (Get-IstioMesh).CniEnabled | Should -Not -BeTrue
        Enable-IstioCni -ExcludeNamespace istio-system, kube-system -NoWait -WarningAction Ignore | Out-Null
        (Get-IstioMesh).CniEnabled | Should -BeTrue
        (Get-IstioCni).State | Should -BeIn 'TurningOn', 'On'
        { Enable-IstioCni -LogLevel shout -ErrorAction Stop } | Should -Throw -ErrorId 'LogLevelInvalid,*'
        { Get-IstioCni nope -ErrorAction Stop } | Should -Throw -ErrorId 'MeshNotFound,*'
        Disable-IstioCni -NoWait -WarningAction Ignore | Out-Null
        (Get-IstioMesh).CniEnabled | Should -BeFalse
    }

    It 'checks what must hold before, each check with its category once and a hint where it is needed' {
        $checks = Test-MeshPrerequisite
        ($checks.Category | Get-Unique).Count | Should -Be ($checks.Category | Sort-Object -Unique).Count
        foreach ($check in $checks | Where-Object Status -In Warn, Fail) {
            $check.Hint | Should -Not -BeNullOrEmpty
        }
    }

    It 'labels no namespace that injectors leave alone' {
        { Enable-IstioInjection kube-system -ErrorAction Stop } | Should -Throw -ErrorId 'NamespaceIgnored,*'
        { Enable-IstioInjection no-such-namespace -ErrorAction Stop } | Should -Throw -ErrorId 'NamespaceNotFound,*'
    }

    It 'keeps the operator while there is a mesh, and removes both' {
        { Uninstall-IstioOperator Banzai -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId '*,IstioAdmin.Commands.UninstallIstioOperatorCommand'
        Remove-IstioMesh pester -WhatIf
        (Get-IstioMesh).Name | Should -Be 'pester'
        Remove-IstioMesh pester -Confirm:$false -WarningAction Ignore | Out-Null
        Get-IstioMesh | Should -BeNullOrEmpty
        Uninstall-IstioOperator Banzai -IncludeCrd -Confirm:$false | Out-Null
        Get-IstioOperator | Should -BeNullOrEmpty
        Get-IstioCni | Should -BeNullOrEmpty
    }
}

# The module's front door, in the PowerShell that runs this file. ./build.ps1 -Task Pester passes the folder of the assembled module.
param([Parameter(Mandatory)] [string] $ModuleFolder)

BeforeDiscovery {
    $manifest = Import-PowerShellDataFile "$ModuleFolder/IstioAdmin.psd1"
    $cmdlets = $manifest.CmdletsToExport
}

BeforeAll {
    $manifestPath = "$ModuleFolder/IstioAdmin.psd1"
    Import-Module $manifestPath -Force
}

AfterAll {
    Remove-Module IstioAdmin -ErrorAction Ignore
}

Describe 'The manifest' {
    It 'is valid' {
        (Test-ModuleManifest $manifestPath).Name | Should -Be 'IstioAdmin'
    }

    It 'has the version of its folder' {
        (Test-ModuleManifest $manifestPath).Version.ToString() | Should -Be (Split-Path $ModuleFolder -Leaf)
    }

    It 'exports no wildcards, so that commands are found without loading the module' {
        $manifest = Import-PowerShellDataFile $manifestPath
        $exports = @($manifest.CmdletsToExport) + $manifest.FunctionsToExport + $manifest.AliasesToExport + $manifest.VariablesToExport
        $exports | Where-Object { $_ -match '[*?]' } | Should -BeNullOrEmpty
    }
}

Describe 'The module' {
    It 'exports exactly the commands that its manifest names' {
        $named = (Import-PowerShellDataFile $manifestPath).CmdletsToExport | Sort-Object
        (Get-Command -Module IstioAdmin).Name | Sort-Object | Should -Be $named
    }

    It 'uses approved verbs' {
        $verbs = (Get-Command -Module IstioAdmin).Verb | Sort-Object -Unique
        $verbs | Where-Object { $_ -notin (Get-Verb).Verb } | Should -BeNullOrEmpty
    }

    It 'can be imported a second time' {
        { Import-Module $manifestPath -Force } | Should -Not -Throw
        Get-Command Get-MeshCluster -Module IstioAdmin | Should -Not -BeNullOrEmpty
    }

    It 'starts without a connected cluster' {
        Get-MeshCluster | Should -BeNullOrEmpty
    }

    It 'says what to do when a cluster is needed and none is connected' {
        $failure = { Get-MeshPod -ErrorAction Stop } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
        $failure.ErrorDetails.RecommendedAction | Should -Match 'Connect-MeshCluster'
    }

    It 'names the kubeconfig that it cannot find' {
        $failure = { Connect-MeshCluster -Kubeconfig (Join-Path $TestDrive 'nowhere.yaml') } | Should -Throw -PassThru
        $failure.Exception.Message | Should -Match 'nowhere\.yaml'
    }
}

Describe 'The help of <_>' -ForEach $cmdlets {
    BeforeAll {
        $help = Get-Help $_ -Full
        $own = (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin [System.Management.Automation.Cmdlet]::CommonParameters }
    }

    It 'is written, not generated' {
        $help.Synopsis.Trim() | Should -Match '\.$'
        $help.description.Text | Should -Not -BeNullOrEmpty
    }

    It 'explains every parameter' {
        foreach ($parameter in $own) {
            $text = ($help.parameters.parameter | Where-Object name -EQ $parameter).description.Text
            $text | Should -Not -BeNullOrEmpty -Because "-$parameter needs a text"
        }
    }

    It 'has at least two examples' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
    }

    It 'reads from its name to its related links' {
        $text = "`n" + ($help | Out-String -Width 120)
        $places = 'NAME', 'SYNOPSIS', 'SYNTAX', 'DESCRIPTION', 'PARAMETERS', 'INPUTS', 'OUTPUTS', 'NOTES', 'RELATED LINKS' |
            ForEach-Object { $text.IndexOf("`n$_") }
        $places | Should -Not -Contain -1
        $places | Should -Be ($places | Sort-Object)
    }
}

Describe 'The topic about_IstioAdmin' {
    It 'is found' {
        Get-Help about_IstioAdmin | Should -Match 'about_IstioAdmin'
    }
}

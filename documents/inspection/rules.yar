rule eicar
{
    meta:
        says = "the test string every virus scanner knows"
    strings:
        $text = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" ascii wide nocase
    condition:
        $text
}

rule windows_program
{
    meta:
        says = "a program for Windows, at the start or carried inside"
    strings:
        $stub = "This program cannot be run in DOS mode"
        $old = "This program must be run under Win32"
    condition:
        any of them
}

rule elf_program
{
    meta:
        says = "a program for Linux, at the start or carried inside"
    strings:
        $head = { 7F 45 4C 46 (01 | 02) (01 | 02) 01 (00 | 03) 00 00 00 00 00 00 00 00 }
    condition:
        $head
}

rule script_host
{
    meta:
        says = "a script that the system itself would run"
    strings:
        $hta = "<hta:application" nocase
        $shell = "powershell" nocase
        $coded = /-e(nc(odedcommand)?)? [A-Za-z0-9+\/=]{40}/ nocase
        $fetch = "DownloadString" nocase
    condition:
        $hta or ($shell and ($coded or $fetch))
}

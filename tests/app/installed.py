"""What cmake --install puts in place works: the program runs, and takes every config that lies beside it; its manual has a
page for each command, and bash finds its completion.

Usage: installed.py CMAKE BUILD_FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile


def output_of(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, timeout=100).stdout


def main():
    cmake, build = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="fleetsne-install-") as prefix:
        output_of(cmake, "--install", build, "--prefix", prefix)
        program = pathlib.Path(prefix) / "bin" / "fleetsne"
        assert output_of(program, "--version").startswith("fleetsne "), "no version"
        configs = sorted(pathlib.Path(prefix).glob("share/fleetsne/configs/**/*.cfg"))
        assert configs, "no configs are installed"
        for config in configs:
            print(config.relative_to(prefix), flush=True)
            if "[grid]" in config.read_text():
                plan = output_of(program, "sweep", config, "--output", pathlib.Path(prefix) / "sweep", "--dry-run")
                assert "rows perplexity-10" in plan, plan
            else:
                assert "[optimize]" in output_of(program, "embed", "--config", config, "--dump-config"), "no config is printed"

        script = pathlib.Path(prefix) / "share/fleetsne/jobs/notebook.sbatch"
        beside = script.parents[1] / "configs/notebook/standard.cfg"
        assert script.exists() and beside in configs, "notebook.sbatch does not find its configs"
        commands = output_of(program, "help", "--commands").split()
        pages = sorted(page.name for page in pathlib.Path(prefix).glob("share/man/man1/*"))
        assert pages == sorted(["fleetsne.1.gz", *(f"fleetsne-{command}.1.gz" for command in commands)]), pages
        read = output_of("env", f"MANPATH={prefix}/share/man", "man", "-P", "cat", "fleetsne-embed")
        assert "--perplexity" in read, read
        completion = pathlib.Path(prefix) / "share/bash-completion/completions/fleetsne"
        assert "_fleetsne" in output_of("bash", "-c", 'source "$0" && complete -p fleetsne', completion), "no completion"


if __name__ == "__main__":
    main()

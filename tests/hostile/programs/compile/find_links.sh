# What the build left: there may be plain files without special rights, and nothing else.
cd /program
find . ! -type f ! -type d -exec echo OPEN {} \;
find . -perm /6000 -exec echo OPEN {} \;
[ -e plain ] && echo kept
echo tried
